#!/bin/sh
# Kills a host of agents, and waits until its agent has ended too: what the guardian that a package carries is for.
#
#   examples/guarded.sh COMMAND [ARGUMENT...]
#
# COMMAND is given two more arguments: a project's directory, and a program that stands in for Claude Code. It opens a session of that, which
# never gets ready. MAESTRO_GUARDED says below which directory all of it lies; by default that of temporary files.
set -eu

directory=$(mktemp -d "${MAESTRO_GUARDED:-${TMPDIR:-/tmp}}/guarded.XXXXXX")
trap 'rm -rf -- "$directory"' EXIT
mkdir "$directory/shop"
mkfifo "$directory/news"
cat >"$directory/agent" <<END
#!/bin/sh
# A version is asked for before anything is started.
case \$* in *--version*) echo '2.1.331 (Claude Code)'; exit ;; esac
exec 3>"$directory/news"
echo started >&3
# Hears no end of input, as a tool that an agent started does not.
sleep 60
echo outlived >&3
END
chmod +x "$directory/agent"
# The host holds the pipe as well: it ends when everyone has, and at once when the host cannot start.
"$@" "$directory/shop" "$directory/agent" 3>"$directory/news" &
host=$!
exec 4<"$directory/news"
if ! read -r line <&4 || [ "$line" != started ]; then
    echo "guarded: the host ended before its agent had started" >&2
    exit 1
fi
kill -KILL "$host"
left=$(cat <&4)
if [ -n "$left" ]; then
    echo "guarded: the agent lived on after its host" >&2
    exit 1
fi
echo "guarded: the agent ended with its host"
