"""The chat of the Channels tutorial, with one stored message per post: what the product is compared with."""
