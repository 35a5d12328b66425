# chipassets for a CI: docker run --rm -v "$PWD:/game" chipassets build game.yaml --check
FROM python:3.12-slim-bookworm AS wheel
WORKDIR /src
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY chipassets chipassets
RUN pip wheel --no-cache-dir --no-deps -w /wheels .

FROM python:3.12-slim-bookworm
COPY --from=wheel /wheels /wheels
COPY constraints.txt /constraints.txt
RUN pip install --no-cache-dir -c /constraints.txt /wheels/*.whl && rm -r /wheels \
    && useradd --create-home --uid 1000 music
USER music
WORKDIR /game
ENTRYPOINT ["chipassets"]
CMD ["--help"]
