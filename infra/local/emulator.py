"""MiniStack, with what Step Functions does on AWS where the function of a task dies.

MiniStack drops the error of a `waitForTaskToken` task and waits for the token, which nobody has any more, until the task
times out; on AWS the task fails, and its Retry rules apply. Of a function that dies while it starts it gives the name of an
error of its own, which no rule knows.
"""

import runpy

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


stepfunctions._call_lambda = invoke_as_aws_does
runpy.run_module("ministack", run_name="__main__")
