/* The header of the installed C library; pkg-config says where it is. */
#include <frame_compression.h>
