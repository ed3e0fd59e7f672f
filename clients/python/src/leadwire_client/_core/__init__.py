"""What the client says and understands, without a connection: requests, answers, frames."""
