"""The clinic's pages: server-rendered, working without JavaScript."""
