#!/bin/sh
# Stands in for another platform's C compiler and archiver in 'cargo check': creates the file that was asked for, empty.
case $1 in
  -*) while [ $# -gt 1 ]; do [ "$1" = -o ] && : >"$2"; shift; done ;;
  *) : >"$2" ;; # ar: the operation, then the archive
esac
