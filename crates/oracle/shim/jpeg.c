typedef int oracle_jpeg_unit;
