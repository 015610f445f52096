"""HTTP and Socket.IO; the only asynchronous room."""
