#!/bin/sh
# Lays out the image's file system in a folder, from an installed Debian: the programs that istio-init starts, what
# these load, and nothing else: no shell tools, no package manager, no Perl.
#
#   image-root.sh FOLDER SBOM PROGRAM...     SBOM is the program's, made by scripts/sbom.mjs; the Debian packages are added to it.
#
# The programs are those that src/host starts, besides iptables: tail and nsenter are for other namespaces.
set -eu
root=$1 sbom=$2
shift 2
programs=$*
names=$(dpkg -L iptables | grep -E '/sbin/(ip6?tables-(nft|legacy)|xtables-(nft|legacy)-multi)')
# As the alternatives of Debian stand: nft.
for name in iptables ip6tables; do names="$names /usr/sbin/$name /usr/sbin/$name-save /usr/sbin/$name-restore"; done
plugins=$(dpkg -L iptables | grep '/xtables/.*\.so$')

mkdir -p "$root" && cd "$root"
mkdir -p dev etc proc root run sys tmp usr/bin usr/sbin usr/lib usr/local/bin var/lib/dpkg/status.d usr/share/istio-init
chmod 1777 tmp
for folder in bin sbin lib; do ln -s "usr/$folder" "$folder"; done
if [ -e /lib64 ]; then mkdir usr/lib64 && ln -s usr/lib64 lib64; fi

# take FILE: with every link on the way to it, at its real place.
taken=/tmp/taken
take() {
  file=$1
  while :; do
    folder=$(readlink -f "$(dirname "$file")")
    file=$folder/$(basename "$file")
    [ -e "$root$file" ] || { mkdir -p "$root$folder" && cp -a "$file" "$root$file" && echo "$file" >>"$taken"; }
    [ -L "$file" ] || return 0
    case $(readlink "$file") in /*) file=$(readlink "$file") ;; *) file=$folder/$(readlink "$file") ;; esac
  done
}

for program in $programs; do take "$(command -v "$program")"; done
for file in $names $plugins /etc/protocols /etc/services /etc/debian_version /usr/lib/os-release; do take "$file"; done
# The libraries of all of that, and those that bun's runtime names.
libraries=$(find usr -type f -perm -u+x -exec ldd {} + 2>/dev/null | grep -o '/[^ ]*\.so[^ ]*' | sort -u)
for library in $libraries; do take "$library"; done
for library in libc.so.6 libdl.so.2 libm.so.6 libpthread.so.0; do take "$(dirname "$(ldconfig -p | grep -o '/.*/libc\.so\.6$' | head -1)")/$library"; done
ln -sf ../usr/lib/os-release etc/os-release
ln -s istio-init usr/local/bin/istio-iptables

# Names come from files alone: a lookup must not load a library that is not here, nor ask a network.
for table in passwd group hosts networks protocols services; do echo "$table: files"; done >etc/nsswitch.conf
printf 'root:x:0:0::/root:/bin/sh\nistio-proxy:x:1337:1337::/:/bin/sh\n' >etc/passwd
printf 'root:x:0:\nistio-proxy:x:1337:\n' >etc/group

# Whose files these are: with their licences, and as scanners of images without a package manager look for it.
# dpkg may know a file by its name from before /bin and /usr/bin were one folder.
packages=$(while read -r file; do dpkg -S "$file" 2>/dev/null || dpkg -S "${file#/usr}" 2>/dev/null || true; done <"$taken" |
  grep -v '^diversion ' | sed 's/:.*//' | sort -u)
for package in $packages; do
  dpkg-query -s "$package" >"var/lib/dpkg/status.d/$package"
  mkdir -p "usr/share/doc/$package"
  cp "/usr/share/doc/$package/copyright" "usr/share/doc/$package/"
done
. /usr/lib/os-release
{
  sed '$d' "$sbom"
  # shellcheck disable=SC2016,SC2086
  dpkg-query -W -f ',{"type":"library","name":"${Package}","version":"${Version}","purl":"pkg:deb/'"$ID"'/${Package}@${Version}?arch=${Architecture}&distro='"$ID-$VERSION_ID"'"}\n' $packages
  echo ']}'
} >usr/share/istio-init/sbom.cdx.json
rm "$taken"
