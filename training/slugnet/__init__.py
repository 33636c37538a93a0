"""Trains slugnet, the network inside the program. See README.md for the stages."""
