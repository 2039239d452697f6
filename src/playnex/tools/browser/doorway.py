"""Runs inside the sandbox before the browser's server does: opens a port on the sandbox's own loopback and hands it out, to our proxy.

    DESCRIPTOR CONFIG COMMAND…

A socket belongs to the network in which it was made, whoever accepts on it: so the one way out of a sandbox without a network ends in the
proxy, and nothing has to stay here. `PORT` in the text of CONFIG becomes the number of the port, and the command is given it as a file.
Uses nothing but the standard library, and is read as a file of its own.
"""

import os
import socket
import sys

WAITING = 128


def main(arguments: list[str]) -> None:
    """Hand the port out, then be the server."""
    descriptor, config, *command = arguments
    with socket.socket(fileno=int(descriptor)) as way_out, socket.create_server(("127.0.0.1", 0), backlog=WAITING) as door:
        port = door.getsockname()[1]
        socket.send_fds(way_out, [b"!"], [door.fileno()])
    file = os.memfd_create("config", 0)
    os.write(file, config.replace("PORT", str(port)).encode())
    os.lseek(file, 0, os.SEEK_SET)
    os.execv(command[0], [*command, "--config", f"/proc/self/fd/{file}"])


if __name__ == "__main__":
    main(sys.argv[1:])
