typedef int oracle_x264_unit;
