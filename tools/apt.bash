# Install a Debian package whose service is not wanted. Sourced by the installers beside it, which
# have a function `say`.

readonly POLICY=/usr/sbin/policy-rc.d

# A package starts its service when it is installed, unless policy-rc.d says no (exit
# code 101). The machine's own policy, if it has one, comes back whatever happens.
forbid_services() {
  saved=$(mktemp -d)
  if [[ -e $POLICY || -L $POLICY ]]; then
    cp --archive --no-dereference "$POLICY" "$saved/policy"
  fi
  trap restore_services EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  rm --force "$POLICY"
  printf '#!/bin/sh\nexit 101\n' >"$POLICY"
  chmod 0755 "$POLICY"
}

restore_services() {
  rm --force "$POLICY"
  if [[ -e $saved/policy || -L $saved/policy ]]; then
    cp --archive --no-dereference "$saved/policy" "$POLICY"
  fi
  rm --recursive --force "$saved"
}

# An enabled service would start with the machine's next boot.
disable_service() {
  if command -v systemctl >/dev/null; then
    systemctl disable "$1.service" >/dev/null 2>&1 || true
  fi
}

# install_with_apt PACKAGE: the package's service has the same name.
install_with_apt() {
  say "installing $1 with apt; its service is not started"
  forbid_services
  export DEBIAN_FRONTEND=noninteractive
  # Waiting for another apt is bounded: it may be unattended-upgrades at work.
  apt-get -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 update --quiet=2
  apt-get -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 install --quiet=2 --yes \
    --no-install-recommends "$1"
  disable_service "$1"
}
