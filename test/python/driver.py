"""Calls the published client: reads {"calls": [{"name", "arguments"}], ...} from standard input, prints what each gave."""

import dataclasses
import json
import sys

import complianceguard


def call(client, name, arguments):
    if "payload_key" in arguments:
        arguments["payload_key"] = bytes.fromhex(arguments["payload_key"])
    try:
        if name == "decrypt_event":
            return {"result": complianceguard.decrypt_event(arguments["event"], bytes.fromhex(arguments["key"]))}
        return {"result": dataclasses.asdict(getattr(client, name)(**arguments))}
    except complianceguard.ComplianceGuardError as error:
        return {
            "error": type(error).__name__,
            "status_code": error.status_code,
            "body": error.body,
            "system_id": getattr(error, "system_id", None),
        }


def main():
    request = json.load(sys.stdin)
    client = complianceguard.ComplianceGuardClient(request["base_url"], request["api_key"])
    answers = [call(client, each["name"], each["arguments"]) for each in request["calls"]]
    json.dump({"version": list(sys.version_info[:2]), "answers": answers}, sys.stdout)


main()
