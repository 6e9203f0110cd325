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
# Inside a sample every answer stands between "@ID NAME" and "@ID status N": host, then gpus, took (when
# they were asked and had answered, by /proc/uptime) and apps, then ps and proc where there are processes. ID is different each time and cannot be guessed, so no process name can look like a marker. Instead of the GPUs stands
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
#
# The build joins it of orders.sh, host.sh, hanging.sh, processes.sh, sample.sh, beside.sh, keeper.sh, jobs.sh and serve.sh.

set +eu
PATH=$PATH:/usr/local/bin:/usr/bin:/bin:/usr/local/nvidia/bin:/opt/nvidia/bin:/opt/bin:/usr/lib/wsl/lib:/var/lib/nvidia/bin:/run/current-system/sw/bin
export PATH
unset LS_COLORS GREP_OPTIONS PS_FORMAT PS_PERSONALITY BLOCK_SIZE DF_BLOCK_SIZE POSIXLY_CORRECT CDPATH
proc=${NVWEBMON_PROC:-/proc}
sys=${NVWEBMON_SYS:-/sys}
newline='
'

# --- Answers ---

# What runs nvidia-smi no longer than it may take, and other things no longer than 5 s.
limit=
brief=
if timeout --foreground 1 true 2>/dev/null; then
	limit="timeout --foreground $smi_limit"
	brief="timeout --foreground 5"
elif timeout 1 true 2>/dev/null; then
	limit="timeout $smi_limit"
	brief="timeout 5"
fi

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
