"""One module per file format; each turns a file into a frame of codes and its codebook."""
