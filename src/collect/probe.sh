# The probe of NVIDIA Web Monitor: what runs on a watched host, for as long as the session stands.
#
# It does nothing by itself. Our end writes one order a line to its stdin and it answers on stdout:
#
#   fields LIST   what the next polls ask --query-gpu for
#   only LIST     ask for these GPU indices alone; "only all" for all of them
#   poll ID       one sample, between the marker lines "@ID begin" and "@ID end"
#   list ID       the same for `nvidia-smi -L`
#   ping ID       at once "@ID alive", or "@ID gone" when the sample was killed and will never end: whoever waits for one learns
#                 whether it is nvidia-smi that hangs, or the network, or nothing any more
#
# Inside a sample every answer stands between "@ID NAME" and "@ID status N". ID is different each time and cannot be
# guessed, so no process name can look like a marker. A poll runs in the background while the loop below stays at its `read`:
# when stdin closes, whatever is still running is ended with TERM, and nothing is left. nvidia-smi never runs twice at a time.
#
# Before this text come two lines of ours: smi_limit=SECONDS, and smi_command, a function that runs nvidia-smi.

set +eu
PATH=$PATH:/usr/local/bin:/usr/bin:/bin:/usr/local/nvidia/bin:/opt/nvidia/bin:/opt/bin:/usr/lib/wsl/lib:/var/lib/nvidia/bin:/run/current-system/sw/bin
export PATH
unset LS_COLORS GREP_OPTIONS PS_FORMAT PS_PERSONALITY
fields=index,uuid,name
only=
limit=
if timeout --foreground 1 true 2>/dev/null; then
	limit="timeout --foreground $smi_limit"
elif timeout 1 true 2>/dev/null; then
	limit="timeout $smi_limit"
fi

# answer NAME COMMAND...: runs it and prints what it says, errors too. The blank line is for a last line without its end.
answer() {
	echo "@$id $1"
	shift
	"$@" 2>&1 </dev/null
	status=$?
	echo
	echo "@$id status $status"
}

gpus() {
	smi_command ${only:+-i "$only"} --query-gpu="$fields" --format=csv
}

apps() {
	smi_command ${only:+-i "$only"} --query-compute-apps=gpu_uuid,gpu_bus_id,pid,used_memory,process_name --format=csv,noheader,nounits
}

owners() {
	LC_ALL=C.UTF-8 ps -ww -o pid= -o user:32= -o etimes= -o args= -p "$1" 2>/dev/null | cut -b 1-1024
}

# The PIDs are wanted here, so this one answer is kept, up to a size: a nvidia-smi gone mad must not fill our memory.
processes() {
	kept=$({ apps 2>&1 </dev/null; status=$?; echo; echo "@$id status $status"; } | head -c 262144)
	echo "@$id apps"
	printf '%s\n' "$kept"
	pids=
	set -f
	IFS='
'
	for line in $kept; do
		rest=${line#*, *, }
		pid=${rest%%,*}
		case $pid in
		'' | *[!0-9]*) ;;
		*) [ ${#pids} -gt 16000 ] || pids=$pids,$pid ;;
		esac
	done
	unset IFS
	[ -z "$pids" ] || answer ps owners "${pids#,}"
}

poll() {
	answer gpus gpus
	case $status in
	# A nvidia-smi that hangs or is not there need not be tried twice. Any other failure may be one GPU's alone.
	124 | 126 | 127) ;;
	*) processes ;;
	esac
}

list() {
	answer list smi_command -L
}

# sample ORDER: all of it through head, which bounds it and gathers it into few packets: each one costs both ends a wake-up. The bound is
# over what our end takes for a sample, so that one that was cut here is refused there.
sample() {
	{
		echo "@$id begin"
		"$1"
		echo "@$id end"
	} | head -c 1200000
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

# The blank line ends whatever an rc file left unfinished.
echo
echo "@ready 1"
job=
while read -r order rest; do
	case $order:$rest in
	fields:*[!A-Za-z0-9_.,]* | only:*[!a-z0-9,]* | poll:*[!a-z0-9]* | list:*[!a-z0-9]* | ping:*[!a-z0-9]*) ;;
	fields:?*) fields=$rest ;;
	only:all) only= ;;
	only:?*) only=$rest ;;
	ping:?*) printf '\n@%s %s\n' "$rest" "$(job_state)" ;;
	poll:?* | list:?*)
		[ -z "$job" ] || wait "$job"
		id=$rest
		sample "$order" </dev/null &
		job=$!
		;;
	esac
done
trap '' TERM
kill -TERM 0
exit 0
