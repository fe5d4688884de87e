#!/bin/sh
# How prove starts one test: shell scripts by sh, the rest as a program.
case $1 in
*.sh) exec sh "$@" ;;
*) exec "$@" 2>&1 ;;
esac
