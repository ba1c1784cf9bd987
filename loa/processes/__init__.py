"""The processes of one installation: web, worker, understanding, and the supervisor over them."""
