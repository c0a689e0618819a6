"""The live path: the bell, the hub, feeds, presence and the words on the wire."""
