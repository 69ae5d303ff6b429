"""Captured prompts and replies: how they are collected, rendered and uploaded, for users who switched that on."""
