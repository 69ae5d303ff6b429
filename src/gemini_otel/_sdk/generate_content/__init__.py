"""The methods that generate content, of models and chats: what is patched, and how request and answer are read."""
