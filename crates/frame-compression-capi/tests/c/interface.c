/* Uses the C interface as a program would: compiled with all warnings as errors, run under valgrind and with
 * AddressSanitizer (scripts/checks/test-capi.sh). Every buffer is of its exact size, so that a step past its end is seen. */

#include <frame_compression.h>

#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEIGHT = 34, WIDTH = 50, LENGTH = HEIGHT * WIDTH * 3, MESSAGE = 256 };

#define CHECK(condition)                                                                 \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);              \
            exit(1);                                                                     \
        }                                                                                \
    } while (0)

static void *allocate(size_t count, size_t size) {
    void *memory = malloc(count * size);
    if (memory == NULL) {
        abort();
    }
    return memory;
}

static float *picture(void) {
    float *samples = allocate(LENGTH, sizeof *samples);
    for (int i = 0; i < LENGTH; ++i) {
        samples[i] = sinf((float)(i % (WIDTH * 3)) / 9.0f) * 0.7f + (float)(i % 3) * 0.1f;
    }
    return samples;
}

static fc_image image_of(void *elements, uint32_t element_type) {
    fc_image image = {0};
    image.elements = elements;
    image.length = LENGTH;
    image.element_type = element_type;
    image.height = HEIGHT;
    image.width = WIDTH;
    return image;
}

static double distance(const float *a, const float *b) {
    double sum = 0.0;
    for (int i = 0; i < LENGTH; ++i) {
        sum += fabs((double)a[i] - (double)b[i]);
    }
    return sum / LENGTH;
}

/* A weaker quality keeps less; the one-call function, the compressor, and both in place agree. */
static void test_codec(const char *codec) {
    char message[MESSAGE];
    double before = 0.0;
    for (int step = 0; step < 3; ++step) {
        fc_settings settings = {0};
        settings.codec = codec;
        settings.strength_kind = FC_STRENGTH_QUALITY;
        settings.strength = 95.0f - 40.0f * (float)step;
        float *original = picture();
        float *kept = picture();
        float *output = allocate(LENGTH, sizeof *output);
        fc_image from = image_of(original, FC_ELEMENT_F32);
        fc_image to = image_of(output, FC_ELEMENT_F32);

        int status = fc_apply(&settings, &from, &to, message, sizeof message);
        if (status != FC_OK) {
            fprintf(stderr, "codec %s: %s\n", codec, message);
        }
        CHECK(status == FC_OK && message[0] == '\0');
        CHECK(memcmp(original, kept, LENGTH * sizeof *kept) == 0);
        double now = distance(original, output);
        CHECK(now > before && now < 0.5);
        before = now;

        fc_compressor *compressor = NULL;
        CHECK(fc_compressor_create(&settings, &compressor, message, sizeof message) == FC_OK);
        for (int round = 0; round < 2; ++round) {
            memcpy(original, kept, LENGTH * sizeof *kept);
            CHECK(fc_compressor_apply(compressor, &from, &from, NULL, 0) == FC_OK);
            CHECK(memcmp(original, output, LENGTH * sizeof *output) == 0);
        }
        fc_compressor_free(compressor);
        free(output);
        free(kept);
        free(original);
    }
}

/* Channels first, padded rows, and another element type for the output. */
static void test_strides(void) {
    fc_settings settings = {0};
    settings.codec = "jpeg";
    float *packed = picture();
    uint8_t *bytes = allocate(LENGTH, 1);
    fc_image from = image_of(packed, FC_ELEMENT_F32);
    fc_image to = image_of(bytes, FC_ELEMENT_U8);
    CHECK(fc_apply(&settings, &from, &to, NULL, 0) == FC_OK);

    const size_t row = WIDTH + 7;
    float *planar = allocate(3 * HEIGHT * row, sizeof *planar);
    for (size_t i = 0; i < 3 * HEIGHT * row; ++i) {
        planar[i] = NAN;
    }
    for (size_t y = 0; y < HEIGHT; ++y) {
        for (size_t x = 0; x < WIDTH; ++x) {
            for (size_t c = 0; c < 3; ++c) {
                planar[(c * HEIGHT + y) * row + x] = packed[(y * WIDTH + x) * 3 + c];
            }
        }
    }
    fc_image strided = image_of(planar, FC_ELEMENT_F32);
    strided.length = 3 * HEIGHT * row;
    strided.row_stride = row;
    strided.column_stride = 1;
    strided.channel_stride = HEIGHT * row;
    uint8_t *other = allocate(LENGTH, 1);
    fc_image to_other = image_of(other, FC_ELEMENT_U8);
    CHECK(fc_apply(&settings, &strided, &to_other, NULL, 0) == FC_OK);
    CHECK(memcmp(bytes, other, LENGTH) == 0);
    free(other);
    free(planar);
    free(bytes);
    free(packed);
}

/* A clip goes in frame by frame, and comes out as many frames long. */
static void test_clip(void) {
    enum { FRAMES = 6 };
    char message[MESSAGE];
    fc_settings settings = {0};
    settings.codec = "h264:preset=veryfast:fps=25";
    fc_clip *clip = NULL;
    CHECK(fc_clip_create(&settings, 0, -1, &clip, message, sizeof message) == FC_ERROR_INVALID_SETTING);
    CHECK(clip == NULL && strstr(message, "keyint") != NULL);
    CHECK(fc_clip_create(&settings, 4, 2, &clip, message, sizeof message) == FC_OK);
    float *frame = picture();
    uint8_t *output = allocate(LENGTH, 1);
    fc_image from = image_of(frame, FC_ELEMENT_F32);
    fc_image to = image_of(output, FC_ELEMENT_U8);
    int shown = 0;
    for (int pushed = 0; pushed <= FRAMES; ++pushed) {
        if (pushed < FRAMES) {
            CHECK(fc_clip_push(clip, &from, message, sizeof message) == FC_OK);
            memmove(frame, frame + 6, (LENGTH - 6) * sizeof *frame);
        } else {
            CHECK(fc_clip_finish(clip, message, sizeof message) == FC_OK);
        }
        int taken = 1;
        while (taken) {
            CHECK(fc_clip_next(clip, &to, &taken, message, sizeof message) == FC_OK);
            shown += taken;
        }
    }
    CHECK(shown == FRAMES);
    /* Frames that nobody took are freed with the clip. */
    CHECK(fc_clip_push(clip, &from, NULL, 0) == FC_OK);
    CHECK(fc_clip_finish(clip, NULL, 0) == FC_OK);
    fc_clip_free(clip);
    fc_clip_free(NULL);
    free(output);
    free(frame);
}

static void test_refusals(void) {
    char message[MESSAGE];
    char small[8];
    fc_settings settings = {0};
    float *original = picture();
    float *output = allocate(LENGTH, sizeof *output);
    memset(output, 0, LENGTH * sizeof *output);
    fc_image from = image_of(original, FC_ELEMENT_F32);
    fc_image to = image_of(output, FC_ELEMENT_F32);

    CHECK(fc_apply(&settings, &from, &to, message, sizeof message) == FC_ERROR_NULL_POINTER);
    CHECK(strstr(message, "codec") != NULL);
    settings.codec = "h264:betamax=1";
    CHECK(fc_apply(&settings, &from, &to, message, sizeof message) == FC_ERROR_UNSUPPORTED_SETTING);
    CHECK(strstr(message, "crf") != NULL);
    settings.codec = "h264:crf=31.5";
    CHECK(fc_apply(NULL, &from, &to, message, sizeof message) == FC_ERROR_NULL_POINTER);
    CHECK(strstr(message, "settings") != NULL);
    CHECK(fc_apply(&settings, &from, &to, NULL, 0) == FC_OK);
    from.width = WIDTH - 1;
    to.width = WIDTH - 1;
    CHECK(fc_apply(&settings, &from, &to, small, sizeof small) == FC_ERROR_ODD_SIZE);
    CHECK(strlen(small) == sizeof small - 1);
    from.width = to.width = WIDTH + 2;
    CHECK(fc_apply(&settings, &from, &to, message, sizeof message) == FC_ERROR_BUFFER_LENGTH);
    from = image_of((char *)original + 1, FC_ELEMENT_F32);
    to = image_of(output, FC_ELEMENT_F32);
    CHECK(fc_apply(&settings, &from, &to, message, sizeof message) == FC_ERROR_MISALIGNED_POINTER);
    from = image_of(original, FC_ELEMENT_F32);
    original[5] = NAN;
    CHECK(fc_apply(&settings, &from, &to, message, sizeof message) == FC_ERROR_NON_FINITE_SAMPLE);
    fc_compressor_free(NULL);
    free(output);
    free(original);
}

/* Every recipe draws settings that can be applied, and the same again. */
static void test_recipes(void) {
    char message[MESSAGE];
    size_t recipes = 0;
    size_t steps = 0;
    for (; fc_recipe_name(recipes) != NULL; ++recipes) {
        const char *name = fc_recipe_name(recipes);
        CHECK(strstr(fc_recipe_description(recipes), name) != NULL);
        for (int seed = 0; seed < 8; ++seed) {
            char drawn[512];
            char again[512];
            CHECK(fc_recipe_draw(name, (uint64_t)seed, "a.png", drawn, sizeof drawn, message, sizeof message) == FC_OK);
            CHECK(fc_recipe_draw(name, (uint64_t)seed, "a.png", again, sizeof again, NULL, 0) == FC_OK);
            CHECK(strcmp(drawn, again) == 0);
            float *samples = picture();
            fc_image image = image_of(samples, FC_ELEMENT_F32);
            for (char *line = drawn, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
                *end = '\0';
                if (*line != '\0') {
                    fc_settings settings = {0};
                    settings.codec = line;
                    CHECK(fc_apply(&settings, &image, &image, message, sizeof message) == FC_OK);
                    ++steps;
                }
            }
            free(samples);
        }
    }
    CHECK(recipes >= 7 && steps >= 60 && fc_recipe_description(recipes) == NULL);
    char *exact = allocate(1, 1);
    CHECK(fc_recipe_draw("apisr", 0, "a.png", exact, 1, message, sizeof message) == FC_ERROR_BUFFER_LENGTH);
    free(exact);
}

static void *worker(void *unused) {
    (void)unused;
    test_codec("h264");
    return NULL;
}

static void test_threads(void) {
    pthread_t threads[3];
    for (int i = 0; i < 3; ++i) {
        CHECK(pthread_create(&threads[i], NULL, worker, NULL) == 0);
    }
    for (int i = 0; i < 3; ++i) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
}

int main(void) {
    CHECK(strlen(fc_version()) >= 5);
    size_t codecs = 0;
    for (; fc_codec_name(codecs) != NULL; ++codecs) {
        test_codec(fc_codec_name(codecs));
    }
    CHECK(codecs >= 3);
    test_strides();
    test_clip();
    test_refusals();
    test_recipes();
    test_threads();
    printf("frame-compression %s: the C interface holds\n", fc_version());
    return 0;
}
