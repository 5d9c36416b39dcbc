/* libjpeg behind one call: compress a picture to memory and decompress it again, as a caller who sets nothing but
 * quality (or tables) and subsampling would. */

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

struct failing {
    struct jpeg_error_mgr manager; /* first, so that libjpeg's pointer is ours too */
    jmp_buf back;
    char *message; /* JMSG_LENGTH_MAX bytes of the caller's */
};

static void fail(j_common_ptr info)
{
    struct failing *failing = (struct failing *)info->err;
    info->err->format_message(info, failing->message);
    longjmp(failing->back, 1);
}

static void stay_silent(j_common_ptr info, int level)
{
    (void)info;
    (void)level;
}

static struct jpeg_error_mgr *set_up(struct failing *failing, char *message)
{
    jpeg_std_error(&failing->manager);
    failing->manager.error_exit = fail;
    failing->manager.emit_message = stay_silent;
    failing->message = message;
    return &failing->manager;
}

/* Tables are in natural order, luma's 64 steps before chroma's; without them (NULL) the quality counts.
 * `across` and `down` are luma's sampling factors; 0 means greyscale. *data is to be freed by the caller. */
static int compress(const uint8_t *rgb, int width, int height, int quality, const uint16_t *tables, int across,
                    int down, unsigned char **data, unsigned long *size, char *message)
{
    struct jpeg_compress_struct info;
    struct failing failing;
    memset(&info, 0, sizeof info);
    info.err = set_up(&failing, message);
    if (setjmp(failing.back)) {
        jpeg_destroy_compress(&info);
        return 1;
    }
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, data, size);
    info.image_width = (JDIMENSION)width;
    info.image_height = (JDIMENSION)height;
    info.input_components = 3;
    info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info);
    if (tables) {
        unsigned int steps[DCTSIZE2];
        for (int which = 0; which < 2; which++) {
            for (int i = 0; i < DCTSIZE2; i++)
                steps[i] = tables[which * DCTSIZE2 + i];
            jpeg_add_quant_table(&info, which, steps, 100, TRUE);
        }
    } else {
        jpeg_set_quality(&info, quality, TRUE);
    }
    if (across == 0) {
        jpeg_set_colorspace(&info, JCS_GRAYSCALE);
    } else {
        info.comp_info[0].h_samp_factor = across;
        info.comp_info[0].v_samp_factor = down;
    }
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
        JSAMPROW row = (JSAMPROW)(rgb + (size_t)info.next_scanline * (size_t)width * 3);
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    return 0;
}

static int decompress(const unsigned char *data, unsigned long size, int width, int height, uint8_t *rgb, char *message)
{
    struct jpeg_decompress_struct info;
    struct failing failing;
    memset(&info, 0, sizeof info);
    info.err = set_up(&failing, message);
    if (setjmp(failing.back)) {
        jpeg_destroy_decompress(&info);
        return 1;
    }
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, data, size);
    jpeg_read_header(&info, TRUE);
    info.out_color_space = JCS_RGB;
    jpeg_start_decompress(&info);
    if (info.output_width != (JDIMENSION)width || info.output_height != (JDIMENSION)height) {
        strcpy(message, "the decoded picture has another size");
        jpeg_destroy_decompress(&info);
        return 1;
    }
    while (info.output_scanline < info.output_height) {
        JSAMPROW row = rgb + (size_t)info.output_scanline * (size_t)width * 3;
        jpeg_read_scanlines(&info, &row, 1);
    }
    jpeg_finish_decompress(&info);
    if (failing.manager.num_warnings) {
        failing.manager.format_message((j_common_ptr)&info, message);
        jpeg_destroy_decompress(&info);
        return 1;
    }
    jpeg_destroy_decompress(&info);
    return 0;
}

/* Returns 0, or 1 with the reason in `message`, which holds 200 bytes. */
int oracle_jpeg_round_trip(const uint8_t *rgb, int width, int height, int quality, const uint16_t *tables, int across,
                           int down, uint8_t *decoded, char *message)
{
    _Static_assert(JMSG_LENGTH_MAX == 200, "the caller's buffer has this size");
    unsigned char *data = NULL;
    unsigned long size = 0;
    int failed = compress(rgb, width, height, quality, tables, across, down, &data, &size, message) ||
                 decompress(data, size, width, height, decoded, message);
    free(data);
    return failed;
}

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

const char *oracle_jpeg_version(void)
{
    return TEXT(LIBJPEG_TURBO_VERSION);
}
