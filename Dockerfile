# One image for every process of medmgmt; compose.yaml says which process a container runs.
FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/medmgmt
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY manage.py ./
COPY medmgmt medmgmt
COPY interactions interactions
COPY refills refills
COPY data data
RUN useradd --system --home /srv/medmgmt medmgmt && mkdir -p .medmgmt/marks && chown -R medmgmt .medmgmt
USER medmgmt
EXPOSE 8000
ENV HOST=0.0.0.0
CMD ["python", "manage.py", "serve"]
