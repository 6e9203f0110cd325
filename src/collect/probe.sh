# The probe of NVIDIA Web Monitor: what runs on a watched host, for as long as the session stands.
#
# It does nothing by itself. Our end writes one order a line to its stdin and it answers on stdout:
#
#   fields LIST     what the next polls ask --query-gpu for
#   only LIST       ask for these GPU indices alone; "only all" for all of them
#   told LIST       processes whose container and login our end knows; "told none" for none
#   keep WHEN       the keeper: one quiet `nvidia-smi -l` between the polls, which keeps the driver loaded. "always"; "auto": not where the
#                   kernel may suspend a GPU, or ever has; "off". It begins when a poll is over, and never while a GPU is suspended
#   poll ID         one sample, between the marker lines "@ID begin" and "@ID end"
#   list ID         the same for `nvidia-smi -L`
#   mig ID LIST     the same for what tells of MIG, of these GPU indices
#   names ID LIST   the same for the accounts of these user ids
#   tools ID        the same for what there is on this host to work with
#   disk ID         the same for the disks and the clock, aside: when the next order of these comes before its answer, none will
#   (a poll that is slow, or begun anew, prints "@ID more" before its answers: it gets on)
#   ping ID         at once "@ID alive", or "@ID gone" when the sample was killed and will never end: whoever waits for one learns
#                   whether it is nvidia-smi that hangs, or the network, or nothing any more
#
# Inside a sample every answer stands between "@ID NAME" and "@ID status N": host, then gpus and apps, then ps and proc where there are
# processes. ID is different each time and cannot be guessed, so no process name can look like a marker. Instead of the GPUs stands
#
#   asleep          the PCI addresses of all GPUs: the kernel has suspended them, and nvidia-smi would wake them
#   stuck           the PID of a nvidia-smi that hung before this shell began, and still does: none is started behind it. Anybody's counts
#                   that waits in the kernel, and one of ours that a shell before this one has left, whatever it does
#
# A poll runs in the background while the loop at the end stays at its `read`: when stdin closes, or a signal ends us, whatever is still
# running is ended with TERM, and nothing is left. After KILL a guard does that for the keeper, which alone would stay for ever; what ignores
# TERM is known to the next shell by NVWEBMON_PROBE in its environment. But for the keeper, which sleeps, nvidia-smi never runs twice at a time.
#
# Before this text come two lines of ours: smi_limit=SECONDS, and smi_command, a function that runs nvidia-smi. The environment may say
# where the host's own /proc and /sys are, for a probe in a container: NVWEBMON_PROC, NVWEBMON_SYS.

set +eu
PATH=$PATH:/usr/local/bin:/usr/bin:/bin:/usr/local/nvidia/bin:/opt/nvidia/bin:/opt/bin:/usr/lib/wsl/lib:/var/lib/nvidia/bin:/run/current-system/sw/bin
export PATH
unset LS_COLORS GREP_OPTIONS PS_FORMAT PS_PERSONALITY BLOCK_SIZE DF_BLOCK_SIZE POSIXLY_CORRECT CDPATH
proc=${NVWEBMON_PROC:-/proc}
sys=${NVWEBMON_SYS:-/sys}
newline='
'

# --- What is looked for once ---

limit=
brief=
if timeout --foreground 1 true 2>/dev/null; then
	limit="timeout --foreground $smi_limit"
	brief="timeout --foreground 5"
elif timeout 1 true 2>/dev/null; then
	limit="timeout $smi_limit"
	brief="timeout 5"
fi

# Sets `ps_kind`. Columns are always pid, user, elapsed seconds, resident KiB, command line; "-" for one that this ps cannot tell.
find_ps() {
	if ps --cols 4096 -o pid= -o user:32= -o etimes= -o rss= -o args= -p "$$" >/dev/null 2>&1; then
		ps_kind=procps
	elif ps -ww -o pid= -o user= -o rss= -o args= -p "$$" >/dev/null 2>&1; then
		ps_kind=old
	elif ps -o pid,user,args >/dev/null 2>&1; then
		ps_kind=busybox
	else
		ps_kind=no
	fi
}
find_ps

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

# set_age PROC: sets `started`, in ticks, and `age`, in seconds, of the process that `stat` tells of.
set_age() {
	# shellcheck disable=SC2086 # its words
	set -- "$1" ${stat##*") "}
	started=${21:-0}
	age=$smi_limit
	read -r now _ 2>/dev/null <"$1/uptime" || return 0
	age=$((${now%%.*} - started / ticks))
}

# is_left PID: whether it is a nvidia-smi of ours whose shell has gone: that was killed, or TERM was in vain. Not to be asked of one in
# state D: its environment could not be read. That of one run by sudo cannot be either, but that of the timeout before it. A process group
# keeps its number until the last one has left, so no other process can be its leader.
is_left() {
	one=$1
	read -r _ name _ parent group _ 2>/dev/null <"/proc/$one/stat" && [ "$name" = "(nvidia-smi)" ] || return
	until grep -q -s NVWEBMON_PROBE= "/proc/$one/environ"; do
		one=$parent
		read -r _ name _ parent group _ 2>/dev/null <"/proc/$one/stat" || return
		case $name in "(sudo)" | "(timeout)") ;; *) return 1 ;; esac
	done
	[ "$group" -gt 1 ] || return
	! read -r _ _ state _ 2>/dev/null <"/proc/$group/stat" || [ "$state" = Z ]
}

# Ends this nvidia-smi if it is one that was left, a keeper perhaps: it would be joined by another one. None is, until it is gone.
end_left() {
	is_left "$1" && read -r stat 2>/dev/null <"/proc/$1/stat" || return
	kill -TERM "$1" 2>/dev/null
	set_age /proc
	smi_left="$smi_left $1:$started"
	ended_at=${now%%.*}
}

# Others that may hang: those that wait in the kernel just now, and those that were left. They will be looked at again.
smi_waiting=
smi_left=
ps_waiting=
find_others() {
	IFS=$newline
	# shellcheck disable=SC2046 # its lines
	set -- $(cd "$proc" 2>/dev/null && grep -s -h -o -e '^[0-9]* (nvidia-smi) [^ZX]' -e '^[0-9]* (ps) D' [0-9]*/stat)
	unset IFS
	for line in "$@"; do
		case $line in
		*"(ps) D") ps_waiting="$ps_waiting ${line%% *}" ;;
		*D) smi_waiting="$smi_waiting ${line%% *}" ;;
		*) end_left "${line%% *}" ;;
		esac
	done
}
find_others
NVWEBMON_PROBE=$$
export NVWEBMON_PROBE

# --- Answers ---

# Text of any length: a printf that is no part of the shell takes 128 KiB at most.
case $(command -v printf) in
/*) say() { print -r -- "$1"; } ;;
*) say() { printf '%s\n' "$1"; } ;;
esac

# answer NAME COMMAND...: runs it and prints what it says, errors too. The blank line is for a last line without its end.
answer() {
	echo "@$id $1"
	shift
	"$@" 2>&1 </dev/null
	status=$?
	echo
	echo "@$id status $status"
}

# keep_answer NAME COMMAND...: the same, into `kept`. A command that becomes another program costs one process.
keep_answer() {
	kept=$(
		shift
		"$@" 2>&1 </dev/null
	)
	status=$?
	kept="@$id $1$newline$kept$newline@$id status $status"
}

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

gpus() {
	smi_command ${only:+-i "$only"} --query-gpu="$fields" --format=csv
}

apps() {
	smi_command ${only:+-i "$only"} --query-compute-apps=gpu_uuid,gpu_bus_id,pid,used_memory,process_name --format=csv,noheader,nounits
}

# Sets `asleep` when all GPUs are suspended, those too that were plugged in meanwhile.
look_for_sleep() {
	asleep=
	[ -n "$devices" ] || return
	set -- "$sys"/bus/pci/devices/*
	[ "$#" = "$pci_count" ] || devices=$(find_devices)
	for device in $devices; do
		read -r state 2>/dev/null <"$sys/bus/pci/devices/$device/power/runtime_status" || state=
		if [ "$state" != suspended ]; then
			asleep=
			return
		fi
		asleep=$asleep$device$newline
	done
}

# waits PID NAME: whether it waits in the kernel. Sets `stat` and `age`.
waits() {
	read -r stat 2>/dev/null <"$proc/$1/stat" || return 1
	case $stat in
	"$1 ($2) D "*) set_age "$proc" ;;
	*) return 1 ;;
	esac
}

# One that is awake has not been hanging since before: it is forgotten, or each poll that finds it at work would wait for it. But for one
# that was left.
forget_awake() {
	others=
	for pid in $smi_waiting; do
		if waits "$pid" nvidia-smi; then others="$others $pid"; else end_left "$pid"; fi
	done
	smi_waiting=$others
	others=
	for pid in $ps_waiting; do
		! waits "$pid" ps || others="$others $pid"
	done
	ps_waiting=$others
	others=
	for other in $smi_left; do
		! is_there "$other" || others="$others $other"
	done
	smi_left=$others
}

# is_there PID:STARTED: whether it still is. Sets `age`.
is_there() {
	read -r stat 2>/dev/null <"/proc/${1%:*}/stat" || return 1
	case $stat in *") "[ZX]" "*) return 1 ;; esac
	set_age /proc
	[ "$started" = "${1#*:}" ]
}

# outlives PID:STARTED: whether it lives on after TERM, as old as none may get. One that is younger is waited for.
outlives() {
	while is_there "$1"; do
		[ "$age" -lt "$smi_limit" ] || [ "$((${now%%.*} - ended_at))" -lt 3 ] || return 0
		sleep 1
	done
	return 1
}

# hangs PID NAME SECONDS: whether it is that old and does nothing any more: one that works may be found waiting too, but not at four looks
# in three seconds without having used the CPU. One that is younger is waited for.
hangs() {
	last=
	looks=0
	while waits "$1" "$2"; do
		[ -z "$last" ] || [ "$stat" = "$last" ] || return 1
		[ "$age" -lt "$3" ] || [ "$looks" -lt 3 ] || return 0
		last=$stat
		looks=$((looks + 1))
		sleep 1
	done
	return 1
}

# Sets `stuck`. One is enough.
look_for_stuck() {
	stuck=
	for pid in $smi_waiting; do
		if hangs "$pid" nvidia-smi "$smi_limit"; then
			stuck=$pid$newline
			return
		fi
	done
	for other in $smi_left; do
		if outlives "$other"; then
			stuck=${other%:*}$newline
			return
		fi
	done
}

# Sets `ps_stuck` to a ps that hangs: the command line of some process cannot be read, and ours would hang behind it.
look_for_stuck_ps() {
	ps_stuck=$ps_ended
	[ -z "$ps_stuck" ] || return
	for pid in $ps_waiting; do
		if hangs "$pid" ps 5; then
			ps_stuck=$pid
			return
		fi
	done
}

owners() {
	if [ -n "$ps_stuck" ]; then
		echo "ps (PID $ps_stuck) hangs on this host"
		return 124
	fi
	# It may have been installed meanwhile.
	[ "$ps_kind" != no ] || find_ps
	case $ps_kind in
	procps) LC_ALL=C.UTF-8 exec ps --cols "$width" -o pid= -o user:32= -o etimes= -o rss= -o args= -p "$pids" 2>/dev/null ;;
	old) LC_ALL=C ps -ww -o pid= -o user= -o rss= -o args= -p "$pids" 2>/dev/null | sed 's/^ *\([0-9]*\)  *\([^ ]*\)  */\1 \2 - /' | cut -b "1-$width" ;;
	busybox)
		# It cuts names to eight letters, and its numbers of memory are rounded.
		ps -o pid,user,args 2>/dev/null | while read -r pid user args; do
			[ "${#user}" -lt 8 ] || user=-
			case ,$pids, in *",$pid,"*) printf '%s\n' "$pid $user - - $args" ;; esac
		done | cut -b "1-$width"
		;;
	*) return 127 ;;
	esac
}

# The files of /proc: of each process its stat, up to the resident pages; of one that our end does not know its cgroup, login and what
# is mounted for it from elsewhere, but for the driver's own files. The bound is for mounts, of which a process may have thousands. Last
# the uptime: it says when the others were read, and that nothing was cut.
# It becomes its last command.
tell_processes() {
	cd "$proc" || return
	set -- -s -H -o -e '^.*) [A-Za-z] \([-0-9]* \)\{21\}[0-9]' -e '^[0-9]*[.][0-9]* .*'
	if [ -z "$new_files" ]; then
		# shellcheck disable=SC2086 # its words
		LC_ALL=C exec grep "$@" $files uptime
	fi
	mount='^[0-9]* [0-9]* [0-9]*:[0-9]* /'
	set -- "$@" -e '^[0-9]*:.*' -e '^[0-9]*$' -e "${mount}[^ un].*" -e "${mount}u[^s].*" -e "${mount}us[^r].*" -e "${mount}n[^v].*" -e "${mount}nv[^i].*"
	# shellcheck disable=SC2086 # their words
	LC_ALL=C grep "$@" $files $new_files uptime | head -c 393216
}

# Sets `pids`, each one once, up to a number that keeps a sample below its cap; `files` and `new_files` of theirs; and `width`, the bytes
# that each one's command line may have. A variable for each is how a shell finds a number in constant time.
find_processes() {
	IFS=,
	for pid in $told; do
		eval "known_$pid=yes"
	done
	pids=
	files=
	new_files=
	count=0
	reached=
	IFS=$newline
	for line in $text; do
		case $reached$line in
		"@$id apps") reached=yes ;;
		# Of another PID namespace: here, its number is another process's.
		yes*", [Not Found]") ;;
		yes*", "*", "*)
			pid=${line#*, *, }
			pid=${pid%%,*}
			case $pid in '' | *[!0-9]* | ????????????*) continue ;; esac
			eval "seen=\${seen_$pid-} known=\${known_$pid-}; seen_$pid=yes"
			[ -z "$seen" ] || continue
			[ "${#pids}" -lt 12000 ] || break
			pids=$pids,$pid
			files="$files $pid/stat"
			[ -n "$known" ] || new_files="$new_files $pid/cgroup $pid/loginuid $pid/mountinfo"
			count=$((count + 1))
			;;
		esac
	done
	unset IFS
	pids=${pids#,}
	[ "$count" -gt 0 ] || return 1
	width=$((262144 / count))
	[ "$width" -le 4096 ] || width=4096
}

# The other end waits for each nvidia-smi as long as it may take: it is told that the first one has come back, when that took long.
tell_if_slow() {
	read -r now _ 2>/dev/null </proc/uptime && [ -n "$asked" ] || return
	[ "$((${now%%.*} - ${asked%%.*}))" -lt 2 ] || printf '\n@%s more\n' "$id" >&3
}

# Prints what there is of the sample, if that has not been done.
say_first_part() {
	[ -z "$text" ] || say "$text"
	text=
}

# Adds whose the processes are, and prints it all. In one packet, as each one costs both ends a wake-up: but a process can be in such a
# state that ps hangs on it, and then the GPUs are to be told all the same. Not even the files of one that is new are read before that.
# What cannot be foreseen is seen by end_hanging_ps().
say_with_processes() {
	[ -z "$careful$ps_waiting$new_files" ] || say_first_part
	keep_answer proc tell_processes
	processes=$kept
	case $processes in *") D "*) say_first_part ;; esac
	look_for_stuck_ps
	keep_answer ps owners
	# ps counts characters.
	[ "${#kept}" -lt 65536 ] || kept=$(say "$kept" | cut -b "1-$width")
	say "$text$newline$kept$newline$processes$newline@$id end"
}

# What comes before the processes is kept for their PIDs, up to a size: a nvidia-smi gone mad must not fill our memory.
poll() {
	read -r asked _ 2>/dev/null </proc/uptime || asked=
	exec 3>&1
	look_for_sleep
	set -f
	[ -n "$asleep" ] || look_for_stuck
	text=$({
		printf '\n@%s begin\n' "$id"
		host
		if [ -n "$asleep" ]; then
			printf '@%s asleep\n%s@%s status 0\n' "$id" "$asleep" "$id"
		elif [ -n "$stuck" ]; then
			printf '@%s stuck\n%s@%s status 0\n' "$id" "$stuck" "$id"
		else
			answer gpus gpus 3>&-
			# A nvidia-smi that hangs, is not there, or was asked for a field it does not know need not be tried twice. Any
			# other failure may be one GPU's alone.
			case $status in
			2 | 124 | 126 | 127) ;;
			*)
				tell_if_slow
				answer apps apps 3>&-
				;;
			esac
		fi
	} | head -c 393216)
	exec 3>&-
	if find_processes; then
		say_with_processes
	else
		say "$text$newline@$id end"
	fi
}

list() {
	answer list smi_command -L
}

# Clocks that a GPU could have are most of the XML, and nobody wants them.
mig() {
	list
	case $status in 124 | 126 | 127) return ;; esac
	echo "@$id xml"
	{
		smi_command -q -x -i "$what" 2>&1 </dev/null
		status=$?
		echo
		echo "@$id status $status"
	} | LC_ALL=C sed -e "/^@$id /b" -e '/<supported_clocks>.*<\/supported_clocks>/d' -e '/<supported_clocks>/,/<\/supported_clocks>/d'
}

accounts() {
	IFS=,
	# shellcheck disable=SC2086 # user ids
	set -- $what
	unset IFS
	if command -v getent >/dev/null; then
		$brief getent passwd "$@"
		return
	fi
	for uid in "$@"; do
		grep "^[^:]*:[^:]*:$uid:" /etc/passwd
	done
	:
}

names() {
	answer names accounts
}

# has COMMAND: "COMMAND yes", or "COMMAND no".
has() {
	if command -v "$1" >/dev/null; then echo "$1 yes"; else echo "$1 no"; fi
}

tell_tools() {
	case $limit in
	*--foreground*) echo "timeout gnu" ;;
	?*) echo "timeout busybox" ;;
	*) echo "timeout no" ;;
	esac
	case $ps_kind in
	old) echo "ps procps" ;;
	*) echo "ps $ps_kind" ;;
	esac
	has df
	has getent
	has grep
	case $hidepid in
	*noaccess) echo "hidepid 1" ;;
	*invisible | *ptraceable) echo "hidepid 2" ;;
	*off) echo "hidepid 0" ;;
	*) echo "$hidepid" ;;
	esac
	echo "uid $(id -u)"
	echo "user $(id -u -n)"
	echo "groups $(id -G -n)"
	echo "shell ${SHELL##*/}"
	echo "nvidia-smi $(command -v nvidia-smi)"
	echo "kernel $(uname -r)"
}

tools() {
	answer tools tell_tools 2>/dev/null
}

# The aside. Each df is a direct child, so that it can be found; the whole answer is one write.
disk() {
	LC_ALL=C
	export LC_ALL
	kinds=$(exec df -P -k -l -x tmpfs -x devtmpfs -x overlay -x squashfs -x efivarfs 2>/dev/null)
	[ -n "$kinds" ] || kinds=$(exec df -P -k -l 2>/dev/null)
	[ -n "$kinds" ] || kinds=$(exec df -P -k 2>/dev/null)
	printf '\n@%s begin\n@%s disk\n%.3500s\n@%s status 0\n@%s clock\n%s\n@%s status 0\n@%s end\n' \
		"$id" "$id" "$kinds" "$id" "$id" "$(date +%s)" "$id" "$id"
}

# sample ORDER: its whole answer, bounded. The bound is over what our end takes for a sample, so that one that was cut here is refused there.
sample() {
	if [ "$1" = poll ]; then
		poll
		[ -z "$becomes_keeper" ] || keep_driver
	else
		{
			printf '\n@%s begin\n' "$id"
			"$1"
			echo "@$id end"
		} | head -c 1200000
	fi
}

# --- The keeper ---

# Whether a GPU may be kept awake.
may_be_kept() {
	for device in $devices; do
		read -r state 2>/dev/null <"$sys/bus/pci/devices/$device/power/runtime_status" || state=
		[ "$state" != suspended ] || return 1
		[ "$keep" != always ] || continue
		read -r control 2>/dev/null <"$sys/bus/pci/devices/$device/power/control" || control=
		[ "$control" != auto ] || return 1
		read -r slept 2>/dev/null <"$sys/bus/pci/devices/$device/power/runtime_suspended_time" || slept=0
		[ "$slept" = 0 ] || return 1
	done
}

# guard KEEPER: while that is its parent, looks every minute whether our shell is still there. When it is not, it was killed, and could end
# nobody.
guard() {
	while read -r _ _ _ parent _ 2>/dev/null </proc/self/stat && [ "$parent" = "$1" ]; do
		is_child "$1" || end_all
		sleep 60 || return
	done
}

# A poll that is over becomes the keeper, so that it never begins beside one. Not after one that took too long: it may hang.
keep_driver() {
	[ -z "$asleep$stuck" ] && may_be_kept || return
	read -r now _ </proc/uptime
	[ "$((${now%%.*} - began))" -lt "$smi_limit" ] || return
	exec >/dev/null 2>&1
	read -r me _ </proc/self/stat
	guard "$me" &
	limit='exec'
	smi_command --query-gpu=index --format=csv -l 3600
}

# Sets `becomes_keeper` when the next poll shall: there is none, and the last one began a minute ago or earlier.
plan_keeper() {
	becomes_keeper=
	[ "$keep" != off ] || return
	! is_child "$keeper" || return
	read -r now _ 2>/dev/null </proc/uptime || return
	began=${now%%.*}
	[ "$began" -ge "$keeper_due" ] || return
	keeper_due=$((began + 60))
	becomes_keeper=yes
}

end_keeper() {
	if is_child "$keeper"; then
		kill -TERM "$keeper"
	fi
	keeper=
}

# --- Jobs ---

# Whether a child of ours lives: one that is over is a zombie until we wait for it.
is_child() {
	[ -n "$1" ] && read -r _ _ state parent _ 2>/dev/null <"/proc/$1/stat" || return 1
	[ "$state" != Z ] && [ "$parent" = "$$" ]
}

# A sample that is over is a zombie until we wait for it, and waiting would make us deaf.
job_state() {
	state=
	[ ! -e /proc/self/stat ] || read -r _ _ state _ 2>/dev/null <"/proc/$job/stat" || state=Z
	case $state in
	Z | X) echo gone ;;
	*) echo alive ;;
	esac
}

# Sets `children` of a process of ours; "unknown" where the kernel does not tell.
find_children() {
	children=unknown
	[ ! -r "/proc/$1/task/$1/children" ] || read -r children <"/proc/$1/task/$1/children"
}

# end_hanging_ps ID: when our end, which waits in vain for this sample, asks after it, and it is a ps that does not come back while the GPUs
# are not told yet, the sample is made anew without ps. From now on the GPUs are told before ps is started.
end_hanging_ps() {
	[ -z "$careful" ] && [ "$1" = "$id" ] && is_child "$job" || return
	find_children "$job"
	for pid in $children; do
		read -r stat 2>/dev/null <"/proc/$pid/stat" || continue
		case $stat in "$pid (ps) "*) ;; *) continue ;; esac
		set_age /proc
		[ "$age" -ge 1 ] || continue
		kill -KILL "$job"
		kill -TERM "$pid"
		wait "$job" 2>/dev/null
		careful=yes
		ps_ended=$pid
		ps_waiting=" $pid"
		printf '\n@%s more\n' "$id" || end_all
		sample poll </dev/null &
		job=$!
		return
	done
	return 1
}

# Ends the aside before anything else is printed. A df that cannot be ended is remembered.
drop_aside() {
	if is_child "$aside"; then
		find_children "$aside"
		left=$children
	fi
	kill -KILL "$aside" 2>/dev/null
	wait "$aside" 2>/dev/null
	aside=
	# shellcheck disable=SC2086 # PIDs
	[ -z "${left#unknown}" ] || kill -TERM $left 2>/dev/null
}

# Whether no df of an aside that was dropped is still there: no other is started behind it.
may_look_aside() {
	[ "$left" != unknown ] || return 1
	for pid in $left; do
		read -r _ name state _ 2>/dev/null <"/proc/$pid/stat" || continue
		[ "$name" != "(df)" ] || [ "$state" = Z ] || return 1
	done
	left=
}

# Ends all that we have started, and us: they are one process group.
end_all() {
	trap '' TERM
	kill -TERM 0
	exit 0
}

# What was ordered before comes to its end.
settle() {
	[ -z "$aside" ] || drop_aside
	if [ -n "$becomes_keeper" ]; then
		keeper=$job
		becomes_keeper=
	elif [ -n "$job" ]; then
		wait "$job"
	fi
	job=
}

fields=index,uuid,name
only=
told=
keep=off
keeper=
keeper_due=0
becomes_keeper=
job=
id=
aside=
left=
ps_ended=
# Set where a ps that hangs would not be found by end_hanging_ps().
careful=
find_children "$$"
case $ps_kind/$children in procps/unknown | [!p]*) careful=yes ;; esac
# Orders, until there are no more. A function, because some shells read what they run line by line: behind the loop, the orders' end would be
# the end of this text too.
serve() {
	# The blank line ends whatever an rc file left unfinished.
	echo
	echo "@ready 2"
	while read -r order word what; do
		case $word in '' | *[!A-Za-z0-9_.,]*) continue ;; esac
		case $what in *[!0-9,]*) continue ;; esac
		case $order in
		fields) fields=$word ;;
		only)
			only=$word
			[ "$only" != all ] || only=
			;;
		told)
			told=$word
			[ "$told" != none ] || told=
			;;
		keep)
			keep=$word
			settle
			[ "$keep" != off ] || end_keeper
			;;
		ping) end_hanging_ps "$word" || printf '\n@%s %s\n' "$word" "$(job_state)" || end_all ;;
		disk)
			settle
			if may_look_aside; then
				id=$word
				disk </dev/null &
				aside=$!
			fi
			;;
		poll | list | mig | names | tools)
			settle
			if [ "$order" = poll ]; then
				forget_awake
				ps_ended=
				plan_keeper
			fi
			id=$word
			sample "$order" </dev/null &
			job=$!
			;;
		esac
	done
	end_all
}
# A printf to nobody is one of them, where it is a part of the shell.
trap end_all HUP INT PIPE TERM
serve
