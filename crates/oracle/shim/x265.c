/* libx265 for one intra picture: the reconstruction, the stream, and how long the encoder took. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <x265.h>

/* A picture in 4:2:0, its planes packed one after another. */
struct oracle_x265_picture {
    int width, height;
    uint8_t *samples;
};

struct oracle_x265_settings {
    /* A preset; a tune, or NULL. */
    const char *preset, *tune;
    double crf;
    /* Frames a second. */
    uint32_t fps_num, fps_den;
    /* Threads of the pool, as a string: "1" is one thread with wavefront parallel processing. */
    const char *pools;
};

static x265_encoder *open_encoder(const struct oracle_x265_picture *picture,
                                  const struct oracle_x265_settings *settings, x265_param *param)
{
    if (x265_param_default_preset(param, settings->preset, settings->tune) < 0)
        return NULL;
    param->sourceWidth = picture->width;
    param->sourceHeight = picture->height;
    param->internalCsp = X265_CSP_I420;
    param->fpsNum = settings->fps_num;
    param->fpsDenom = settings->fps_den;
    param->logLevel = X265_LOG_NONE;
    param->bRepeatHeaders = 1;
    param->frameNumThreads = 1;
    param->rc.rateControlMode = X265_RC_CRF;
    param->rc.rfConstant = settings->crf;
    if (x265_param_parse(param, "pools", settings->pools) < 0)
        return NULL;
    /* libx265 takes no picture smaller than a CTU; these are the CTUs that FFmpeg asks for. */
    int shorter = picture->width < picture->height ? picture->width : picture->height;
    if (shorter < 32)
        param->maxCUSize = 16;
    else if (shorter < 64)
        param->maxCUSize = 32;
    return x265_encoder_open(param);
}

static void describe(x265_picture *to, uint8_t *samples, int width, int height)
{
    to->planes[0] = samples;
    to->planes[1] = samples + width * height;
    to->planes[2] = samples + width * height + (width / 2) * (height / 2);
    to->stride[0] = width;
    to->stride[1] = to->stride[2] = width / 2;
    to->bitDepth = 8;
    to->pts = 0;
}

static void copy_plane(uint8_t **to, const x265_picture *from, int plane, int width, int height)
{
    for (int y = 0; y < height; y++, *to += width)
        memcpy(*to, (const uint8_t *)from->planes[plane] + (ptrdiff_t)y * from->stride[plane], width);
}

/* Encodes the picture, replaces it by the reconstruction and gives the stream (to be freed by
 * oracle_x265_free) and the nanoseconds that the calls of the encoder took. Returns the stream's length, or -1. */
long oracle_x265_encode(struct oracle_x265_picture *picture, const struct oracle_x265_settings *settings,
                        uint8_t **stream, int64_t *nanoseconds)
{
    long length = -1;
    *stream = NULL;
    x265_param *param = x265_param_alloc();
    x265_picture *in = x265_picture_alloc(), *out = x265_picture_alloc();
    x265_encoder *encoder = param && in && out ? open_encoder(picture, settings, param) : NULL;
    if (encoder) {
        int width = picture->width, height = picture->height;
        x265_picture_init(param, in);
        x265_picture_init(param, out);
        describe(in, picture->samples, width, height);

        struct timespec start, end;
        x265_nal *nals;
        uint32_t count = 0;
        clock_gettime(CLOCK_MONOTONIC, &start);
        int pictures = x265_encoder_encode(encoder, &nals, &count, in, out);
        for (int tries = 0; pictures == 0 && tries < 10; tries++)
            pictures = x265_encoder_encode(encoder, &nals, &count, NULL, out);
        clock_gettime(CLOCK_MONOTONIC, &end);
        *nanoseconds = (int64_t)(end.tv_sec - start.tv_sec) * 1000000000 + (end.tv_nsec - start.tv_nsec);

        if (pictures == 1) {
            uint8_t *to = picture->samples;
            copy_plane(&to, out, 0, width, height);
            copy_plane(&to, out, 1, width / 2, height / 2);
            copy_plane(&to, out, 2, width / 2, height / 2);
            size_t total = 0;
            for (uint32_t i = 0; i < count; i++)
                total += nals[i].sizeBytes;
            *stream = malloc(total);
            if (*stream) {
                length = 0;
                for (uint32_t i = 0; i < count; length += nals[i++].sizeBytes)
                    memcpy(*stream + length, nals[i].payload, nals[i].sizeBytes);
            }
        }
        x265_encoder_close(encoder);
    }
    x265_picture_free(in);
    x265_picture_free(out);
    x265_param_free(param);
    return length;
}

void oracle_x265_free(uint8_t *stream)
{
    free(stream);
}

const char *oracle_x265_version(void)
{
    return x265_version_str;
}
