# --- The host itself ---

# The GPUs of the kernel, by PCI address: display controllers of NVIDIA that no other driver has.
find_devices() {
	grep -s -l -i '^0x10de' "$sys"/bus/pci/devices/*/vendor | while read -r vendor; do
		device=${vendor%/vendor}
		read -r class 2>/dev/null <"$device/class" || continue
		case $class in 0x03*) ;; *) continue ;; esac
		cd -P "$device/driver" 2>/dev/null && [ "${PWD##*/}" != nvidia ] && continue
		echo "${device##*/}"
	done
}

# "0-3,8-11": eight.
count_cpus() {
	read -r ranges 2>/dev/null <"$sys/devices/system/cpu/online" || return
	cpus=0
	IFS=,
	for range in $ranges; do
		cpus=$((cpus + ${range#*-} - ${range%-*} + 1))
	done
	unset IFS
	echo "cpus $cpus"
}

find_hidepid() {
	while read -r _ where type options _; do
		[ "$where $type" = "/proc proc" ] || continue
		case $options in
		*hidepid=*)
			options=${options##*hidepid=}
			echo "hidepid ${options%%,*}"
			;;
		*) echo "hidepid 0" ;;
		esac
		return
	done
}

devices=$(find_devices)
set -- "$sys"/bus/pci/devices/*
pci_count=$#
ticks=$(getconf CLK_TCK 2>/dev/null) || ticks=100
page=$(getconf PAGESIZE 2>/dev/null)
hidepid=
[ ! -r "$proc/mounts" ] || hidepid=$(find_hidepid <"$proc/mounts")
constants="ticks $ticks${page:+${newline}page $page}$newline$(count_cpus)$newline$hidepid"

# What the host tells of itself, without starting anything.
host() {
	lines=$constants
	read -r line 2>/dev/null <"$proc/loadavg" && lines="$lines${newline}load $line"
	read -r line 2>/dev/null <"$proc/uptime" && lines="$lines${newline}uptime $line"
	read -r line 2>/dev/null <"/proc/$$/stat" && lines="$lines${newline}self $line"
	if [ -r "$proc/meminfo" ]; then
		while read -r line; do
			case $line in
			MemTotal:* | MemFree:* | Buffers:*) lines=$lines$newline$line ;;
			MemAvailable:* | Cached:*)
				lines=$lines$newline$line
				break
				;;
			esac
		done <"$proc/meminfo"
	fi
	if [ -e /run/reboot-required ] || [ -e /var/run/reboot-required ]; then
		lines="$lines${newline}reboot yes"
	fi
	if is_child "$keeper"; then lines="$lines${newline}keeper yes"; else lines="$lines${newline}keeper no"; fi
	printf '@%s host\n%s\n@%s status 0\n' "$id" "$lines" "$id"
}
