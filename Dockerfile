# vestibule in a container: one static binary, the certificates of public authorities, and nothing else.
#
#   docker build -t vestibule .
#   docker run -v ./clients.yaml:/etc/vestibule/clients.yaml:ro -p 8000:8000 vestibule

FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY src ./src
# Static with glibc: the binary needs no loader and no library of the image. The target is named so that the flags do not reach
# build scripts and macros, which must stay dynamic.
RUN target="$(rustc --print host-tuple)" \
    && RUSTFLAGS="-C target-feature=+crt-static" cargo build --locked --release --target "$target" \
    && install -D -m 0755 "target/$target/release/vestibule" /image/vestibule \
    && install -D -m 0644 /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ca-certificates.crt \
    && printf 'vestibule:x:65532:65532::/:/sbin/nologin\n' > /image/etc/passwd \
    && printf 'vestibule:x:65532:\n' > /image/etc/group \
    && printf 'hosts: files dns\n' > /image/etc/nsswitch.conf

FROM scratch
COPY --from=build /image/ /
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
# Where every command looks for clients.yaml.
WORKDIR /etc/vestibule
USER 65532:65532
EXPOSE 8000
# Reads the same clients.yaml and asks the admin listener that it names, which only this container reaches.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/vestibule", "health"]
ENTRYPOINT ["/vestibule"]
CMD ["serve"]
