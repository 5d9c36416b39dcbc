typedef int oracle_x265_unit;
