#!/usr/bin/env bash
# ListObjects with a delimiter gives keys and, as CommonPrefixes, the folders below; each folder counts as one of
# MaxKeys, a response "will never contain more", and NextMarker leads to what comes next (its API reference). moto
# 5.2.5, by which code for AWS is tested in Python, counts keys alone, and with every page it gives all folders of the
# bucket once more, so that pages have more entries than MaxKeys. What adds up folders over the pages, or shows them
# page by page, has each as often as there are pages, and a bucket of folders alone comes in one response, however many
# they are, so that code for the next page is never tried. ListObjectsV2 is right. ministack 1.5.33 (PyPI) does both as
# S3 has it. Seen: below, in `expected`: pages of three, as boto3's paginator gives them, folders with their `/`. Needs
# Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check boto3==1.44.8 'moto[s3]==5.2.5'
python3 -m venv other
other/bin/pip install --quiet --disable-pip-version-check ministack==1.5.33
cat > show.py <<'PY'
import os, socket, subprocess, time

import boto3
from moto import mock_aws

KEYS = ["a", "b/1", "b/2", "c", "d/1", "e", "f/1", "g"]
ACCOUNT = {"region_name": "us-east-1", "aws_access_key_id": "any", "aws_secret_access_key": "any"}


def read(name, s3):
    for bucket, keys in (("mixed", KEYS), ("folders", [f"{at}/it" for at in range(8)])):
        s3.create_bucket(Bucket=bucket)
        for key in keys:
            s3.put_object(Bucket=bucket, Key=key, Body=b"")
        for listing in "list_objects", "list_objects_v2":
            pages = s3.get_paginator(listing).paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 3})
            entries = [
                [found["Key"] for found in page.get("Contents", [])]
                + [found["Prefix"] for found in page.get("CommonPrefixes", [])]
                for page in pages
            ]
            print(f"{name}, {bucket}, {listing}: {' | '.join(' '.join(sorted(page)) for page in entries)}")


with mock_aws():
    read("moto", boto3.client("s3", **ACCOUNT))

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
environment = os.environ | {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "SERVICES": "s3"}
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
server = subprocess.Popen(["other/bin/ministack"], env=environment, **quiet)
try:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.1)
    read("ministack", boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", **ACCOUNT))
finally:
    server.terminate()
    server.wait()
PY
seen=$(venv/bin/python show.py)
expected='moto, mixed, list_objects: a b/ c d/ e f/ | b/ d/ f/ g
moto, mixed, list_objects_v2: a b/ c | d/ e f/ | g
moto, folders, list_objects: 0/ 1/ 2/ 3/ 4/ 5/ 6/ 7/
moto, folders, list_objects_v2: 0/ 1/ 2/ | 3/ 4/ 5/ | 6/ 7/
ministack, mixed, list_objects: a b/ c | d/ e f/ | g
ministack, mixed, list_objects_v2: a b/ c | d/ e f/ | g
ministack, folders, list_objects: 0/ 1/ 2/ | 3/ 4/ 5/ | 6/ 7/
ministack, folders, list_objects_v2: 0/ 1/ 2/ | 3/ 4/ 5/ | 6/ 7/'
echo "$seen"
[ "$seen" = "$expected" ]
