/* The start image of an image-to-video model, as LTX's own code prepares it: through one frame of H.264. The image is as
 * stable-diffusion.cpp holds one: floats in [0, 1], either R, G, B of a pixel side by side, or three planes one after another.
 *
 *   cc conditioning_image.c $(pkg-config --cflags --libs frame-compression) -o conditioning_image
 */
#include <frame_compression.h>
#include <stdio.h>

typedef struct {
    uint32_t width, height;
    float *data; /* 3 * width * height, in [0, 1] */
    int planar;  /* Three planes, as in a tensor of ggml, and not pixels. */
} float_image;

/* Replaces the image by what LTX's H.264 leaves of it at a CRF: 18 for LTX-2.3 and later, 33 for LTX-2, 29 for LTX-Video. */
static int compress(float_image image, float crf) {
    fc_settings settings = {
        .codec = "h264", /* LTX's call is the default; that of the command: "h264:like=ffmpeg". */
        .strength_kind = FC_STRENGTH_CRF,
        .strength = crf,
        .value_range = FC_RANGE_UNIT,
    };
    size_t pixels = (size_t)image.width * image.height;
    fc_image view = {
        .elements = image.data,
        .length = 3 * pixels,
        .element_type = FC_ELEMENT_F32,
        .height = image.height,
        .width = image.width,
        .row_stride = image.planar ? image.width : 3 * (size_t)image.width,
        .column_stride = image.planar ? 1 : 3,
        .channel_stride = image.planar ? pixels : 1,
    };
    char message[256];
    int status = fc_apply(&settings, &view, &view, message, sizeof message);
    if (status != FC_OK) {
        fprintf(stderr, "%s\n", message);
    }
    return status;
}

int main(void) {
    enum { WIDTH = 96, HEIGHT = 64, PIXELS = WIDTH * HEIGHT };
    static float pixels[3 * PIXELS], planes[3 * PIXELS];
    for (int i = 0; i < 3 * PIXELS; i++) {
        pixels[i] = planes[i % 3 * PIXELS + i / 3] = (float)(i * 37 % 256) / 255;
    }
    float before = pixels[0];
    float_image packed = {WIDTH, HEIGHT, pixels, 0}, planar = {WIDTH, HEIGHT, planes, 1};
    if (compress(packed, 33) || compress(planar, 33)) {
        return 1;
    }
    printf("the first sample: %.4f before, %.4f after\n", before, pixels[0]);
    int differing = 0;
    for (int i = 0; i < 3 * PIXELS; i++) {
        differing += pixels[i] != planes[i % 3 * PIXELS + i / 3];
    }
    return differing != 0 || before == pixels[0]; /* Noise does not come through unchanged. */
}
