/* libx264 for one frame at a time: hides its versioned symbols and its large structs. */

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x264.h>

struct oracle_x264 {
    x264_t *encoder;
    x264_picture_t in, out;
    x264_nal_t *nals;
    int64_t frames;
    int size;
    /* What the library says of the frame that came out. */
    char report[200];
};

/* What the cheap settings have to be given for the same quantisers: they switch macroblock-tree rate control off
 * and with it what that adds. */
static const float CHEAP_CRF = 2.832694f;

/* What is asked of the encoder. `options` is a list of names and texts in turn, ended by NULL. */
struct oracle_x264_settings {
    float crf;
    const char *preset, *tune, *profile;
    int fps_num, fps_den;
    /* Threads that have a slice each. */
    int threads;
    int cheap;
    const char *const *options;
};

static int set_option(x264_param_t *param, const char *name, const char *value)
{
    /* The library's parser has no name for the types of intra macroblocks. */
    if (strcmp(name, "intra"))
        return x264_param_parse(param, name, value);
    param->analyse.intra = (strstr(value, "i4x4") ? X264_ANALYSE_I4x4 : 0) | (strstr(value, "i8x8") ? X264_ANALYSE_I8x8 : 0);
    return 0;
}

static int set(x264_param_t *param, int width, int height, const struct oracle_x264_settings *settings)
{
    if (x264_param_default_preset(param, settings->preset, settings->tune))
        return -1;
    param->i_width = width;
    param->i_height = height;
    param->i_csp = X264_CSP_I420;
    param->i_fps_num = param->i_timebase_den = settings->fps_num;
    param->i_fps_den = param->i_timebase_num = settings->fps_den;
    param->b_vfr_input = 0;
    param->rc.i_rc_method = X264_RC_CRF;
    param->rc.f_rf_constant = settings->crf;
    param->b_full_recon = 1;
    param->i_threads = settings->threads;
    param->b_sliced_threads = settings->threads > 1;
    param->i_log_level = X264_LOG_DEBUG;
    if (settings->cheap) {
        param->rc.f_rf_constant = settings->crf - CHEAP_CRF;
        param->rc.i_lookahead = 0;
        param->rc.b_mb_tree = 0;
        param->i_bframe = 0;
        param->i_scenecut_threshold = 0;
        param->analyse.i_weighted_pred = X264_WEIGHTP_NONE;
        param->i_keyint_max = 1;
        param->b_cabac = 0;
    }
    for (const char *const *option = settings->options; *option; option += 2)
        if (set_option(param, option[0], option[1]))
            return -1;
    return settings->profile ? x264_param_apply_profile(param, settings->profile) : 0;
}

static void keep_report(void *oracle, int level, const char *format, va_list values)
{
    char *report = ((struct oracle_x264 *)oracle)->report;
    if (level <= X264_LOG_ERROR)
        vfprintf(stderr, format, values);
    else if (!strncmp(format, "frame=", 6))
        vsnprintf(report, sizeof ((struct oracle_x264 *)oracle)->report, format, values);
}

void oracle_x264_close(struct oracle_x264 *oracle)
{
    if (oracle->encoder)
        x264_encoder_close(oracle->encoder);
    free(oracle);
}

struct oracle_x264 *oracle_x264_open(int width, int height, const struct oracle_x264_settings *settings)
{
    struct oracle_x264 *oracle = calloc(1, sizeof *oracle);
    if (!oracle)
        return NULL;
    x264_param_t param;
    if (!set(&param, width, height, settings)) {
        param.pf_log = keep_report;
        param.p_log_private = oracle;
        oracle->encoder = x264_encoder_open(&param);
    }
    x264_param_cleanup(&param);
    if (!oracle->encoder) {
        oracle_x264_close(oracle);
        return NULL;
    }
    x264_picture_init(&oracle->in);
    oracle->in.i_type = X264_TYPE_IDR;
    oracle->in.img.i_csp = X264_CSP_I420;
    oracle->in.img.i_plane = 3;
    return oracle;
}

/* Feeds a frame of a clip, of three planes whose rows have no padding, or none once the clip is over (NULL). 1 when a
 * frame came out, whose place in the clip is then in `place`, 0 when none did, -1 on an error. */
int oracle_x264_feed(struct oracle_x264 *oracle, const uint8_t *y, const uint8_t *cb, const uint8_t *cr, int width,
                     int64_t *place)
{
    const uint8_t *planes[3] = {y, cb, cr};
    for (int i = 0; i < 3; i++) {
        oracle->in.img.plane[i] = (uint8_t *)planes[i];
        oracle->in.img.i_stride[i] = i ? width / 2 : width;
    }
    oracle->in.i_type = X264_TYPE_AUTO;
    oracle->in.i_pts = y ? oracle->frames++ : 0;
    int count = 0;
    oracle->size = x264_encoder_encode(oracle->encoder, &oracle->nals, &count, y ? &oracle->in : NULL, &oracle->out);
    *place = oracle->out.i_pts;
    return oracle->size < 0 ? -1 : oracle->size > 0;
}

/* One line on the frame that came out last: its quantiser, type and macroblocks. */
const char *oracle_x264_report(const struct oracle_x264 *oracle)
{
    return oracle->report;
}

/* The type of the frame that came out last: of IDR frames, 1. */
int oracle_x264_is_idr(const struct oracle_x264 *oracle)
{
    return oracle->out.i_type == X264_TYPE_IDR;
}

/* How many frames that were fed have not come out. */
int oracle_x264_delayed(const struct oracle_x264 *oracle)
{
    return x264_encoder_delayed_frames(oracle->encoder);
}

/* Codes one frame of three planes, whose rows have no padding. 0, or -1 on an error. */
int oracle_x264_encode(struct oracle_x264 *oracle, const uint8_t *y, const uint8_t *cb, const uint8_t *cr, int width)
{
    x264_image_t *image = &oracle->in.img;
    const uint8_t *planes[3] = {y, cb, cr};
    for (int i = 0; i < 3; i++) {
        image->plane[i] = (uint8_t *)planes[i];
        image->i_stride[i] = i ? width / 2 : width;
    }
    oracle->in.i_pts = oracle->frames++;
    int count = 0;
    oracle->size = x264_encoder_encode(oracle->encoder, &oracle->nals, &count, &oracle->in, &oracle->out);
    while (oracle->size == 0 && x264_encoder_delayed_frames(oracle->encoder) > 0)
        oracle->size = x264_encoder_encode(oracle->encoder, &oracle->nals, &count, NULL, &oracle->out);
    int complete = oracle->size > 0 && oracle->out.img.i_plane == 2
                   && (oracle->out.img.i_csp & X264_CSP_MASK) == X264_CSP_NV12;
    return complete ? 0 : -1;
}

/* The coded frame; valid until the next one. */
const uint8_t *oracle_x264_bitstream(const struct oracle_x264 *oracle, int *size)
{
    *size = oracle->size;
    return oracle->nals[0].p_payload;
}

/* Plane 0 (Y) or 1 (Cb and Cr in turn) of the coded frame's reconstruction; valid until the next frame. */
const uint8_t *oracle_x264_plane(const struct oracle_x264 *oracle, int plane, int *stride)
{
    *stride = oracle->out.img.i_stride[plane];
    return oracle->out.img.plane[plane];
}

/* The interface's version, as in the library's name. */
int oracle_x264_build(void)
{
    return X264_BUILD;
}

const char *oracle_x264_version(void)
{
    return X264_POINTVER;
}
