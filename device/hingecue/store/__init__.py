"""What is kept: sessions in SQLite, and the pictures drawn of them."""
