"""A survey file as a sociologist knows it: answers in a frame, their meaning in a codebook beside it."""
