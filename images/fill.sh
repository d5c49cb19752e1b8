# shellcheck shell=bash
# What the scripts images/*/fill share: files of this machine, put under a folder that becomes the root of an image.

# path NAME: where the program is, or what to install.
path() {
  type -P "$1" || {
    echo "$1 is not there: apt-get install $1" >&2
    return 1
  }
}

# program ROOT PATH [AS]: a program with its shared libraries; a script has none.
program() {
  local root=$1 path=$2 as=${3:-$2} library
  install -D "$path" "$root$as"
  for library in $(ldd "$path" 2>/dev/null | grep -o '/[^ ]*'); do
    [ -e "$root$library" ] || install -D "$library" "$root$library"
  done
}

# packages ROOT PACKAGE...: the files of Debian packages and of what they depend on, without documentation, as slim images
# of Debian have them. What the packages' own scripts would do after unpacking is not done.
packages() {
  local root=$1
  shift
  dpkg --listfiles "$@" >/dev/null || {
    echo "not all of these packages are installed: apt-get install $*" >&2
    return 1
  }
  # What /bin and so on are links to; and the kernel's folders, which change while tar reads them.
  mkdir -p "$root"/{proc,sys} "$root"/usr/{bin,sbin,lib,lib64}
  with_dependencies "$@" | xargs dpkg --listfiles | grep '^/.' | sort -u |
    grep -Ev '^/(usr/share/(doc|man|info|locale|lintian)/|(proc|sys)$)' | present |
    tar --directory / --no-recursion --files-from - --create --xattrs --xattrs-include=security.capability |
    tar --directory "$root" --extract --xattrs --xattrs-include=security.capability
}

# with_dependencies PACKAGE...: installed ones only; the other names are virtual, or one of several that would do.
with_dependencies() {
  comm -12 \
    <(apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
      --no-enhances "$@" | sed -n 's/^\([a-z0-9][^:]*\).*/\1/p' | LC_ALL=C sort -u) \
    <(dpkg-query --show --showformat '${Package} ${db:Status-Status}\n' | sed -n 's/ installed$//p' | LC_ALL=C sort -u)
}

# present: of the absolute paths that come in, those that there are, from / on. Slim machines lack documentation.
present() { while read -r file; do if [ -e "$file" ] || [ -L "$file" ]; then echo "${file#/}"; fi; done; }

# user ROOT NAME UID: so that programs find a name for who they run as.
user() {
  mkdir -p "$1/etc"
  echo "$2:x:$3:$3:$2:/:/sbin/nologin" >>"$1/etc/passwd"
  echo "$2:x:$3:" >>"$1/etc/group"
}
