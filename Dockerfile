# A static binary with certificates and time zones, and nothing else: no shell, no package manager, not root.
# MP4 clips need ffmpeg, which is not in here; clips are GIFs without it.

FROM golang:1.26-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates tzdata
WORKDIR /src
COPY go.mod go.sum ./
COPY classifier/graph/unused classifier/graph/unused
RUN go mod download
COPY . .
ARG VERSION=dev REVISION=
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -tags netgo,osusergo,broker \
    -ldflags "-s -w -buildid= -X slugpuppy/cli.version=${VERSION} -X slugpuppy/cli.revision=${REVISION}" -o /out/slugpuppy . \
 && mkdir -p /out/lib && mkdir -m 0700 /out/lib/slugpuppy

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
COPY --from=build /out/slugpuppy /usr/bin/slugpuppy
# The volume starts as a copy of this folder, so that it belongs to the user below.
COPY --from=build --chown=65532:65532 /out/lib/ /var/lib/
ENV HOME=/var/lib/slugpuppy SLUGPUPPY_STORE_PATH=/var/lib/slugpuppy/slugpuppy.db
USER 65532:65532
VOLUME /var/lib/slugpuppy
STOPSIGNAL SIGTERM
# Asks the running daemon; a daemon that does not answer exits with 4 here.
HEALTHCHECK --interval=1m --timeout=20s --start-period=30s CMD ["/usr/bin/slugpuppy", "doctor", "--health"]
ENTRYPOINT ["/usr/bin/slugpuppy"]
CMD ["serve", "--wait"]
