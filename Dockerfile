# Builds on Debian, runs as nobody in particular on Debian with git, CA certificates and bash for the applications' scripts.
FROM rust:1.95-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends build-essential && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --release --locked && cp target/release/botadura /usr/local/bin/botadura

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends bash ca-certificates git tini && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /var/lib/botadura botadura
COPY --from=build /usr/local/bin/botadura /usr/local/bin/botadura
RUN botadura --version
USER botadura
WORKDIR /var/lib/botadura
EXPOSE 8080
# tini reaps what supervised commands leave; 30 s is more than a stop takes.
STOPSIGNAL SIGTERM
ENTRYPOINT ["tini", "--", "botadura"]
CMD ["serve", "--config", "/etc/botadura/botadura.yaml"]
