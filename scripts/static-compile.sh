#!/bin/sh
# Makes the static executable of its bundle, in a Debian with quickjs, libquickjs, gcc and libc6-dev (trixie or newer).
#
#   static-compile.sh FOLDER     FOLDER has what static.mjs prepares; istio-iptables is made beside it.
#
# For another machine: CC=aarch64-linux-gnu-gcc, with gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and libquickjs:arm64.
# The bytecode is the same: both are little endian and have 64 bits.
set -eu
cd "$1"
compiler=${CC:-gcc}
# -c: bytecode as a C array. -m: a module, though its imports do not stand first. -s: no positions, a quarter of its size.
# shellcheck disable=SC2046
qjsc -c -m -s -M machine,machine $(cat asked-for) -o program.c program.js
libraries=/usr/lib/$($compiler -print-multiarch)/quickjs
# A program that others' processes start as root: the usual hardening. The linker warns of dlopen, which nothing here calls.
$compiler -O2 -Wall -Werror -static-pie -fPIE -fstack-protector-strong -D_FORTIFY_SOURCE=2 -Wl,-z,relro,-z,now \
  -I/usr/include/quickjs -o istio-iptables program.c main.c machine.c memory.c nft.c -L"$libraries" -lquickjs -lm -lpthread -ldl 2>warnings ||
  { cat warnings >&2; exit 1; }
"${compiler%gcc}strip" istio-iptables
# What Debian's part of it is, and under which licences.
libc=$(dpkg-query -S "$(realpath "$($compiler -print-file-name=libc.a)")" | cut -d: -f1)
{
  sed '$d' sbom.cdx.json
  # shellcheck disable=SC2016
  dpkg-query -W -f ',{"type":"library","name":"${Package}","version":"${Version}","purl":"pkg:deb/debian/${Package}@${Version}?arch=${Architecture}"}\n' libquickjs "$libc"
  echo ']}'
} >sbom && mv sbom sbom.cdx.json
for package in libquickjs "$libc"; do printf '%s (Debian)\n\n' "$package" && cat "/usr/share/doc/$package/copyright"; done >>THIRD-PARTY-LICENSES.txt
