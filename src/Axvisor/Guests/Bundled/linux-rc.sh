#!/bin/busybox sh
# Brings the board up: file systems, devices and the drivers for them.
export PATH=/sbin:/bin:/usr/sbin:/usr/bin
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

echo
echo "Linux $(uname -r) on $(uname -m), $(nproc) CPU(s), $(awk '/MemTotal/ { print int($2 / 1024) }' /proc/meminfo) MiB: a BusyBox shell."
echo "'poweroff' ends the machine, 'reboot' starts it again."
