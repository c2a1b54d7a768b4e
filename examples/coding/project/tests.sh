#!/bin/sh
sum=$(./stats.sh 1 2 3 4)
[ "$sum" = 10 ] || { echo "the sum of 1 2 3 4 is not $sum"; exit 1; }
echo "all tests pass"
