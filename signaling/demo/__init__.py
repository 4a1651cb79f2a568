"""One real lesson that the program holds by itself: its server, its clients, its clips and its verdict."""
