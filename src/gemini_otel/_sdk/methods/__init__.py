"""All other methods that reach the service, as rows of tables, with the readers of what they return."""
