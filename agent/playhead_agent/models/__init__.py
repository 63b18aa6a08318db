"""Chat models that plan, write and judge: one protocol for all servers and client libraries."""
