"""MiniStack, with what AWS does where a function dies and with what it writes.

MiniStack drops the error of a `waitForTaskToken` task and waits for the token, which nobody has any more, until the task
times out; on AWS the task fails, and its Retry rules apply. Of a function that dies while it starts it gives the name of an
error of its own, which no rule knows.

Of what a function has written MiniStack logs the lines that come within moments of its answer, and the others with the next
invocation, if there is one. A busy machine loses lines in this way; on AWS they are all in the log.
"""

import array
import fcntl
import os
import runpy
import select
import termios
import time

from ministack.core.lambda_runtime import Worker
from ministack.services import stepfunctions

invoke = stepfunctions._call_lambda


def invoke_as_aws_does(function, event):
    try:
        return invoke(function, event)
    except stepfunctions._ExecutionError as error:
        # Lambda's names have a dot.
        if "." not in error.error:
            error.error = "Runtime.ExitError"
        task = stepfunctions._task_tokens.get(event.get("task_token"))
        # An answer that came before the error counts.
        if task and not task["event"].is_set():
            task["error"] = {"Error": error.error, "Cause": error.cause}
            task["event"].set()
        raise


def read_stderr(worker):
    """Puts a process's lines into the queue as they come; `reading` is set while it has some that are not there yet."""
    process, lines, rest = worker._proc, worker._stderr_queue, b""
    pipe = process.stderr
    waiting = select.poll()
    try:
        waiting.register(pipe.fileno(), select.POLLIN)
        while True:
            waiting.poll()
            process.reading = True
            read = os.read(pipe.fileno(), 65536)
            *whole, rest = (rest + read).split(b"\n")
            for line in whole if read or not rest else [rest]:
                lines.put(line.decode(errors="replace"))
            process.reading = False
            if not read:
                break
    except (OSError, ValueError):
        # The pipe was closed: the worker is gone.
        pass
    finally:
        process.reading = False


def drain_stderr(worker, seconds=2.0):
    """All that a worker wrote before it answered: Node writes to a pipe before it goes on."""
    until = time.monotonic() + seconds
    while (unread(worker) or getattr(worker._proc, "reading", False)) and time.monotonic() < until:
        time.sleep(0.0005)
    return worker._drain_stderr()


def unread(worker):
    """The bytes in the pipe."""
    count = array.array("i", [0])
    try:
        fcntl.ioctl(worker._proc.stderr.fileno(), termios.FIONREAD, count)
    except (AttributeError, OSError, ValueError):
        return 0
    return count[0]


stepfunctions._call_lambda = invoke_as_aws_does
Worker._read_stderr = read_stderr
Worker._drain_stderr_bounded = drain_stderr
runpy.run_module("ministack", run_name="__main__")
