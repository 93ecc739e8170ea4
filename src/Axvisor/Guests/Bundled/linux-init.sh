#!/bin/busybox sh
# The first process of the guest: devices, then shells on the console until the machine is told to stop.
export PATH=/sbin:/bin:/usr/sbin:/usr/bin HOME=/root TERM="${TERM:-linux}"
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev
/bin/busybox --install -s
mkdir -p /dev/pts
mount -t devpts devpts /dev/pts
hostname -F /etc/hostname
while read -r module; do
    modprobe "$module"
done </etc/board-modules

# Without a system log its lines go to the console.
syslogd -C64

# BusyBox's poweroff, halt and reboot ask process 1 by signal.
finish() {
    sync
    umount -a -r 2>/dev/null
    exec busybox "$1" -f
}
trap 'finish poweroff' USR2
trap 'finish halt' USR1
trap 'finish reboot' TERM

echo
echo "Linux $(uname -r) on $(uname -m), $(nproc) CPU(s), $(awk '/MemTotal/ { print int($2 / 1024) }' /proc/meminfo) MiB: a BusyBox shell."
echo "'poweroff' ends the machine, 'reboot' starts it again."
# A shell ignores Ctrl-C for what it starts in the background, and only 'wait' lets the traps in: login takes Ctrl-C back.
while :; do
    setsid cttyhack login -f root &
    wait $!
done
