from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("noc", "0004_price_list_state"),
    ]

    operations = [
        migrations.AddField(
            model_name="server",
            name="sync_lease_until",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
