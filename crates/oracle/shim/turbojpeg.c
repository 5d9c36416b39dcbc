/* TurboJPEG with its defaults, its handles and its buffer kept from picture to picture. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <turbojpeg.h>

struct oracle_turbojpeg {
    tjhandle compressor;
    tjhandle decompressor;
    unsigned char *data;
    unsigned long capacity;
};

void oracle_turbojpeg_free(struct oracle_turbojpeg *turbo)
{
    if (!turbo)
        return;
    if (turbo->compressor)
        tjDestroy(turbo->compressor);
    if (turbo->decompressor)
        tjDestroy(turbo->decompressor);
    tjFree(turbo->data);
    free(turbo);
}

struct oracle_turbojpeg *oracle_turbojpeg_new(void)
{
    struct oracle_turbojpeg *turbo = calloc(1, sizeof *turbo);
    if (!turbo)
        return NULL;
    turbo->compressor = tjInitCompress();
    turbo->decompressor = tjInitDecompress();
    if (!turbo->compressor || !turbo->decompressor) {
        oracle_turbojpeg_free(turbo);
        return NULL;
    }
    return turbo;
}

/* 4:2:0. Returns 0, or 1 on a failure. */
int oracle_turbojpeg_round_trip(struct oracle_turbojpeg *turbo, const uint8_t *rgb, int width, int height, int quality,
                                uint8_t *decoded)
{
    unsigned long needed = tjBufSize(width, height, TJSAMP_420);
    if (turbo->capacity < needed) {
        tjFree(turbo->data);
        turbo->data = tjAlloc((int)needed);
        turbo->capacity = turbo->data ? needed : 0;
        if (!turbo->data)
            return 1;
    }
    unsigned long size = turbo->capacity;
    return tjCompress2(turbo->compressor, rgb, width, 0, height, TJPF_RGB, &turbo->data, &size, TJSAMP_420, quality,
                       TJFLAG_NOREALLOC) ||
           tjDecompress2(turbo->decompressor, turbo->data, size, decoded, width, 0, height, TJPF_RGB, 0);
}
