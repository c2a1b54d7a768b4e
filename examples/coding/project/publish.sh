#!/bin/sh
echo "$1" >>published
echo "version $1 is published"
