/* For mallinfo2, which Swift's own Glibc leaves out. */
#include <malloc.h>
