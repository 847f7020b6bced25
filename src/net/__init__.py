"""The only importer of an HTTP client and a websocket client."""
