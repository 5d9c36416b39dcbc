/* libwebp, lossy: one picture to a file's bytes and back. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <webp/decode.h>
#include <webp/encode.h>

struct oracle_webp_settings {
    float quality;
    int method;
    int sns_strength;
    int filter_strength;
    int filter_sharpness;
    int filter_type;
    int segments;
};

static int configure(WebPConfig *config, const struct oracle_webp_settings *settings)
{
    if (!WebPConfigInit(config))
        return 0;
    config->quality = settings->quality;
    config->method = settings->method;
    config->sns_strength = settings->sns_strength;
    config->filter_strength = settings->filter_strength;
    config->filter_sharpness = settings->filter_sharpness;
    config->filter_type = settings->filter_type;
    config->segments = settings->segments;
    return WebPValidateConfig(config);
}

/* Codes RGB, or three planes without padding. The bytes are the caller's, to be freed with oracle_webp_free. */
uint8_t *oracle_webp_encode(const struct oracle_webp_settings *settings, const uint8_t *const planes[3], int rgb,
                            int width, int height, size_t *size)
{
    WebPConfig config;
    WebPPicture picture;
    WebPMemoryWriter writer;
    if (!configure(&config, settings) || !WebPPictureInit(&picture))
        return NULL;
    WebPMemoryWriterInit(&writer);
    picture.width = width;
    picture.height = height;
    picture.writer = WebPMemoryWrite;
    picture.custom_ptr = &writer;
    int done;
    if (rgb) {
        picture.use_argb = 0;
        done = WebPPictureImportRGB(&picture, planes[0], 3 * width);
    } else {
        picture.colorspace = WEBP_YUV420;
        picture.y = (uint8_t *)planes[0];
        picture.u = (uint8_t *)planes[1];
        picture.v = (uint8_t *)planes[2];
        picture.y_stride = width;
        picture.uv_stride = (width + 1) / 2;
        done = 1;
    }
    done = done && WebPEncode(&config, &picture);
    WebPPictureFree(&picture);
    if (!done) {
        WebPMemoryWriterClear(&writer);
        return NULL;
    }
    *size = writer.size;
    return writer.mem;
}

void oracle_webp_free(uint8_t *bytes)
{
    WebPFree(bytes);
}

/* Decodes to packed RGB. */
int oracle_webp_decode_rgb(const uint8_t *bytes, size_t size, uint8_t *rgb, int width, int height)
{
    return WebPDecodeRGBInto(bytes, size, rgb, (size_t)width * height * 3, 3 * width) != NULL;
}

/* Decodes to three planes without padding. */
int oracle_webp_decode_planes(const uint8_t *bytes, size_t size, uint8_t *const planes[3], int width, int height)
{
    int across = (width + 1) / 2, down = (height + 1) / 2;
    return WebPDecodeYUVInto(bytes, size, planes[0], (size_t)width * height, width, planes[1], (size_t)across * down,
                             across, planes[2], (size_t)across * down, across) != NULL;
}

int oracle_webp_version(void)
{
    return WebPGetEncoderVersion();
}
